/** Files of a guest, read and changed where its image is: {@link org.voyageur.files.ImageFiles}. */
@NullMarked
package org.voyageur.files;

import org.jspecify.annotations.NullMarked;
