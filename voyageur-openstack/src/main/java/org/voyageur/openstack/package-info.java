/** An OpenStack cloud: its configuration, signing in, and Glance, its image service. */
@NullMarked
package org.voyageur.openstack;

import org.jspecify.annotations.NullMarked;
