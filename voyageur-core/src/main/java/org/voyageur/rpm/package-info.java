/** Reads packages of the RPM Package Manager, and runs nothing of them. */
@NullMarked
package org.voyageur.rpm;

import org.jspecify.annotations.NullMarked;
