/** Takes images to OpenStack and starts servers from them. */
module org.voyageur.openstack {
  requires static org.jspecify;
  requires transitive org.voyageur.core;
  requires java.net.http;
  requires org.snakeyaml.engine;
  requires transitive tools.jackson.databind;

  exports org.voyageur.openstack;
  exports org.voyageur.openstack.nova;
}
