package io.galvani.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SolveOrderTest {
  private static int[] randomTree(int nodes, long seed) {
    var random = new Random(seed);
    int[] parent = new int[nodes];
    parent[0] = -1;
    for (int i = 1; i < nodes; i++) {
      parent[i] = random.nextInt(4) > 0 ? i - 1 : random.nextInt(i);
    }
    return parent;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 32})
  void parentsComeInEarlierRoundsAndSiblingsInTheOrderOfNodes(int lanes) {
    for (int nodes : new int[] {1, 2, 31, 200}) {
      int[] parent = randomTree(nodes, nodes);
      SolveOrder order = SolveOrder.of(parent, lanes);
      int[] roundOf = new int[nodes];
      for (int r = 0; r < order.rounds(); r++) {
        assertTrue(order.round()[r + 1] > order.round()[r] && order.round()[r + 1] - order.round()[r] <= lanes);
        Arrays.fill(roundOf, order.round()[r], order.round()[r + 1], r);
      }
      assertEquals(0, order.node()[0]);
      for (int i = 0; i < nodes; i++) {
        assertEquals(i, order.node()[order.place()[i]]);
        int[] links = order.links()[order.place()[i]];
        assertEquals(i == 0 ? 0 : order.place()[parent[i]], links[0]);
        assertTrue(i == 0 || roundOf[order.place()[parent[i]]] < roundOf[order.place()[i]]);
        int node = i;
        int[] children = IntStream.iterate(links[1], c -> c >= 0, c -> order.links()[c][2]).map(c -> order.node()[c]).toArray();
        assertArrayEquals(IntStream.range(1, nodes).filter(c -> parent[c] == node).toArray(), children);
      }
    }
  }

  /** As few rounds as depth and lanes allow: a comb of ten teeth of ten nodes. */
  @Test
  void lanesAreFilledWithTheDeepestNodes() {
    int[] parent = IntStream.range(0, 101).map(i -> i == 0 ? -1 : (i - 1) % 10 == 0 ? 0 : i - 1).toArray();
    assertEquals(101, SolveOrder.of(parent, 1).rounds());
    assertEquals(1 + 20, SolveOrder.of(parent, 5).rounds());
    assertEquals(1 + 10, SolveOrder.of(parent, 32).rounds());
  }
}
