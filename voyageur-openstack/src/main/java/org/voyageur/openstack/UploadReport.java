package org.voyageur.openstack;

import java.time.Duration;
import java.util.Optional;

/**
 * What became of an upload.
 *
 * @param existed whether the image was there from an earlier upload, and nothing was sent
 * @param sha256 of the bytes
 * @param hash what Glance computed, and was compared, such as {@code sha512:1f0e...}; empty where
 *     Glance computes nothing that voyageur knows, or nothing was sent
 * @param attempts how often it was tried
 */
public record UploadReport(
    CloudImage image,
    boolean existed,
    String sha256,
    Optional<String> hash,
    int attempts,
    Duration took) {}
