/** Disk images as block devices: formats, overlays, partition tables, and writing the result. */
@NullMarked
package org.voyageur.disk;

import org.jspecify.annotations.NullMarked;
