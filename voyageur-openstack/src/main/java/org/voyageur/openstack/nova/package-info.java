/** Nova: starts a server from an image, and sees whether it comes up. */
@NullMarked
package org.voyageur.openstack.nova;

import org.jspecify.annotations.NullMarked;
