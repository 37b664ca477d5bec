/** What a long operation reports while it runs; rendering is the caller's. */
@NullMarked
package org.voyageur.progress;

import org.jspecify.annotations.NullMarked;
