/** libext2fs through the Foreign Function and Memory API; not exported. */
@NullMarked
package org.voyageur.filesystem.ext2fs;

import org.jspecify.annotations.NullMarked;
