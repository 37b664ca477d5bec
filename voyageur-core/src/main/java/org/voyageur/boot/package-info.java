/** Boot code and boot files: SYSLINUX, the whole-disk loader, the initrd supplement. */
@NullMarked
package org.voyageur.boot;

import org.jspecify.annotations.NullMarked;
