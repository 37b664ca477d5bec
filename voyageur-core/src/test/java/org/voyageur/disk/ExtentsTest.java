package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ExtentsTest {
  private static final int SIZE = 300;

  private static List<Extent> some(Random random) {
    List<Extent> extents = new ArrayList<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      int offset = random.nextInt(SIZE);
      extents.add(new Extent(offset, random.nextInt(Math.min(40, SIZE - offset + 1))));
    }
    return extents;
  }

  private static BitSet bytes(List<Extent> extents) {
    BitSet bytes = new BitSet();
    extents.forEach(extent -> bytes.set((int) extent.offset(), (int) extent.end()));
    return bytes;
  }

  private static void assertAreAscendingAndDisjoint(List<Extent> extents) {
    for (int i = 1; i < extents.size(); i++) {
      assertThat(extents.get(i).offset()).isGreaterThanOrEqualTo(extents.get(i - 1).end());
    }
    assertThat(extents).allSatisfy(extent -> assertThat(extent.length()).isPositive());
  }

  @Property(tries = 1000)
  void areSetsOfBytes(@ForAll long seed) {
    Random random = new Random(seed);
    List<Extent> one = some(random);
    List<Extent> other = some(random);

    BitSet both = bytes(one);
    both.or(bytes(other));
    List<Extent> union = Extents.union(one, other);
    assertAreAscendingAndDisjoint(union);
    assertThat(bytes(union)).isEqualTo(both);

    BitSet common = bytes(one);
    common.and(bytes(other));
    List<Extent> intersection = Extents.intersect(Extents.merge(one), Extents.merge(other));
    assertAreAscendingAndDisjoint(intersection);
    assertThat(bytes(intersection)).isEqualTo(common);

    BitSet without = bytes(one);
    without.andNot(bytes(other));
    List<Extent> rest = Extents.minus(Extents.merge(one), Extents.merge(other));
    assertAreAscendingAndDisjoint(rest);
    assertThat(bytes(rest)).isEqualTo(without);
    assertThat(Extents.length(rest)).isEqualTo(without.cardinality());

    List<Extent> merged = Extents.merge(one);
    int offset = random.nextInt(SIZE);
    int first = Extents.firstEndingBehind(merged, offset);
    assertThat(merged.subList(0, first)).allMatch(extent -> extent.end() <= offset);
    assertThat(merged.subList(first, merged.size())).allMatch(extent -> extent.end() > offset);
  }
}
