import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Gives the classes of a jar that was compiled for Java 5 the format of a newer release, with stack
 * maps. The JVM keeps no class of that age in its AOT cache (JDK 25: "Old class has been linked"),
 * and reads and verifies picocli's 170 at every start. What the classes do stays the same.
 */
void main(String[] arguments) throws IOException {
  Path jar = Path.of(arguments[0]);
  Path renewed = Path.of(arguments[0] + ".new");
  try (JarFile from = new JarFile(jar.toFile());
      URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
      OutputStream file = Files.newOutputStream(renewed);
      JarOutputStream to = new JarOutputStream(file)) {
    ClassFile format =
        ClassFile.of(
            ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
            // With the old pool, code that is not changed would be copied as it is, without maps.
            ClassFile.ConstantPoolSharingOption.NEW_POOL,
            ClassFile.ClassHierarchyResolverOption.of(
                ClassHierarchyResolver.ofClassLoading(classes)));
    for (JarEntry entry : (Iterable<JarEntry>) from.stream()::iterator) {
      byte[] bytes = from.getInputStream(entry).readAllBytes();
      JarEntry copy = new JarEntry(entry.getName());
      copy.setTime(entry.getTime());
      to.putNextEntry(copy);
      to.write(entry.getName().endsWith(".class") ? renew(format, bytes) : bytes);
    }
  }
  Files.move(renewed, jar, StandardCopyOption.REPLACE_EXISTING);
}

byte[] renew(ClassFile format, byte[] bytes) {
  ClassModel model = format.parse(bytes);
  if (model.majorVersion() >= ClassFile.JAVA_8_VERSION) {
    return bytes;
  }
  return format.transformClass(
      model,
      (builder, element) -> {
        if (element instanceof ClassFileVersion) {
          builder.withVersion(ClassFile.JAVA_8_VERSION, 0);
        } else {
          builder.with(element);
        }
      });
}
