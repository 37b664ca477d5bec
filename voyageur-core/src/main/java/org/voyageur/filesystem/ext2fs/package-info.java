/**
 * libext2fs through the Foreign Function and Memory API: the bindings, and the io_manager that has
 * the library read and write a {@link org.voyageur.disk.BlockDevice}. Not exported.
 */
@NullMarked
package org.voyageur.filesystem.ext2fs;

import org.jspecify.annotations.NullMarked;
