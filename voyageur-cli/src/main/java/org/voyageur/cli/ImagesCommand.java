package org.voyageur.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.voyageur.error.ExitStatus;
import org.voyageur.openstack.CloudImage;
import org.voyageur.openstack.Glance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code voyageur images}. */
@Command(
    name = "images",
    description = {"Lists the images of this project that voyageur uploaded.", ""})
final class ImagesCommand implements Callable<Integer> {
  private final RootCommand root;

  @Mixin private final CloudOptions cloud = new CloudOptions();

  ImagesCommand(RootCommand root) {
    this.root = root;
  }

  @Override
  public Integer call() {
    List<CloudImage> images = new Glance(cloud.signIn(root.console())).uploaded();
    root.print(root.json() ? Json.images(images) : CloudText.images(images));
    return ExitStatus.DONE.code();
  }
}
