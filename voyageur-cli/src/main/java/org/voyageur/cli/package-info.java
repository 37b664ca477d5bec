/** The command line: commands, their output for people and for programs, progress. */
@NullMarked
package org.voyageur.cli;

import org.jspecify.annotations.NullMarked;
