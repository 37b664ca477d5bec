package org.voyageur.testkit;

/**
 * A file's owner and mode where they are not root's and the usual ones.
 *
 * @param permissions the mode without the type, such as 0600
 */
public record FileAttributes(int user, int group, int permissions) {}
