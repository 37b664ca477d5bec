/** The C library's calls that Java has no way to make. Not exported. */
@NullMarked
package org.voyageur.disk.posix;

import org.jspecify.annotations.NullMarked;
