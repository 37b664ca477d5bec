/** Moves Xen virtual machine images to KVM: open, inspect, plan, apply, check, publish. */
@SuppressWarnings("module") // The module that is named below is built after this one.
module org.voyageur.core {
  requires java.xml;
  requires static org.jspecify;
  requires org.tukaani.xz;
  requires aircompressor.v3;

  exports org.voyageur.boot;
  exports org.voyageur.convert;
  exports org.voyageur.disk;
  exports org.voyageur.error;
  exports org.voyageur.files;
  exports org.voyageur.filesystem;
  exports org.voyageur.guest;
  exports org.voyageur.plan;
  exports org.voyageur.process to
      org.voyageur.openstack;
  exports org.voyageur.progress;
  exports org.voyageur.rpm;
  exports org.voyageur.verify;
}
