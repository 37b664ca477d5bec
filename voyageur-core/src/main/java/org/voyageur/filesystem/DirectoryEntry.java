package org.voyageur.filesystem;

/** A name in a directory and the kind of file that it names. */
public record DirectoryEntry(String name, FileType type) {}
