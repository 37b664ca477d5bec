package org.voyageur.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Which package may know which. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.voyageur");

  /** Where C is called. */
  private static final String[] NATIVE = {
    "org.voyageur.filesystem.ext2fs..", "org.voyageur.disk.posix..", "org.voyageur.disk.isal.."
  };

  @Test
  void arrowsPointDown() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("cli")
        .definedBy("org.voyageur.cli..")
        .layer("testkit")
        .definedBy("org.voyageur.testkit..")
        .layer("openstack")
        .definedBy("org.voyageur.openstack..")
        .layer("files")
        .definedBy("org.voyageur.files..")
        .layer("convert")
        .definedBy("org.voyageur.convert..")
        .layer("verify")
        .definedBy("org.voyageur.verify..")
        .layer("plan")
        .definedBy("org.voyageur.plan..")
        .layer("guest")
        .definedBy("org.voyageur.guest..")
        .layer("boot")
        .definedBy("org.voyageur.boot..")
        .layer("rpm")
        .definedBy("org.voyageur.rpm..")
        .layer("archive")
        .definedBy("org.voyageur.archive..")
        .layer("filesystem")
        .definedBy("org.voyageur.filesystem..")
        .layer("disk")
        .definedBy("org.voyageur.disk..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("testkit")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("openstack")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("files")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("convert")
        .mayOnlyBeAccessedByLayers("cli", "files")
        .whereLayer("verify")
        .mayOnlyBeAccessedByLayers("cli", "openstack", "convert")
        .whereLayer("plan")
        .mayOnlyBeAccessedByLayers("cli", "convert")
        .whereLayer("guest")
        .mayOnlyBeAccessedByLayers("cli", "openstack", "files", "convert", "plan")
        .whereLayer("boot")
        .mayOnlyBeAccessedByLayers("convert", "verify", "plan", "guest")
        .whereLayer("rpm")
        .mayOnlyBeAccessedByLayers("cli", "convert", "plan", "guest")
        .whereLayer("archive")
        .mayOnlyBeAccessedByLayers("convert", "guest", "boot", "rpm", "testkit")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("org.voyageur.disk..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.voyageur.filesystem..")
        .check(CLASSES);
  }

  @Test
  void onlyTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.voyageur.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(CLASSES);
  }

  @Test
  void onlyOnePlaceEndsTheProcess() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("org.voyageur.cli.Main")
        .should()
        .callMethod(System.class, "exit", int.class)
        .check(CLASSES);
  }

  @Test
  void nativeMemoryStaysWhereItIsNeeded() {
    methods()
        .that()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackages(NATIVE)
        .and()
        .arePublic()
        .should()
        .notHaveRawReturnType("java.lang.foreign.MemorySegment")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAnyPackage(
            "org.voyageur.cli..",
            "org.voyageur.files..",
            "org.voyageur.convert..",
            "org.voyageur.plan..",
            "org.voyageur.guest..",
            "org.voyageur.boot..",
            "org.voyageur.verify..",
            "org.voyageur.testkit..",
            "org.voyageur.error..",
            "org.voyageur.progress..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(CLASSES);
  }

  @Test
  void cIsCalledOnlyFromItsBindings() {
    noClasses()
        .that()
        .resideOutsideOfPackages(NATIVE)
        .should()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.foreign.Linker")
        .check(CLASSES);
  }
}
