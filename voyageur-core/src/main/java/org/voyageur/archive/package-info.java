/** Compressed streams and cpio archives, as initrds are made of; not exported. */
@NullMarked
package org.voyageur.archive;

import org.jspecify.annotations.NullMarked;
