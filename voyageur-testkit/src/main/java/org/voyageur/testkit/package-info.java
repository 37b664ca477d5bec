/** Small bootable guests that stand in for old distributions, and what drives them. */
@NullMarked
package org.voyageur.testkit;

import org.jspecify.annotations.NullMarked;
