/*
 * /voyageur/init of an initrd supplement: loads the modules that /voyageur/modules lists, then
 * hands over to the initrd's own /init.
 *
 * Built by rebuild.sh in this directory; MachineCodeTest compares the result.
 */
#include "loader.h"

__attribute__((used)) void cmain(long *stack)
{
	char **arguments = (char **)(stack + 1);
	char **environment = arguments + stack[0] + 1;
	load_all("/voyageur/modules");
	arguments[0] = "/init";
	long error = call(EXECVE, (long)"/init", (long)arguments, (long)environment, 0, 0, 0);
	complain("start", "/init", error);
	for (;;)
		call(PAUSE, 0, 0, 0, 0, 0, 0);
}
