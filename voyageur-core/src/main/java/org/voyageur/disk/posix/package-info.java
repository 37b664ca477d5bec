/** The few calls of the C library that Java has no word for; not exported. */
@NullMarked
package org.voyageur.disk.posix;

import org.jspecify.annotations.NullMarked;
