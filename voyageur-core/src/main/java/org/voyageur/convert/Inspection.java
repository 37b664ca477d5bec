package org.voyageur.convert;

import java.nio.file.Path;
import org.voyageur.disk.ImageFormat;
import org.voyageur.guest.Guest;

/** What an image is and what is in it. */
public record Inspection(Path image, ImageFormat format, Guest guest) {}
