/** Boots an image in QEMU and reads what it does. */
@NullMarked
package org.voyageur.verify;

import org.jspecify.annotations.NullMarked;
