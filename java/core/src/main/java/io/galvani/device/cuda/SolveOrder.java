package io.galvani.device.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/**
 * The order in which a tree is solved: rounds of nodes that do not depend on each other, parents in earlier rounds. Elimination goes from
 * the last round to the first and takes in each the deepest nodes whose children are done, as many as there are lanes: the fewest rounds
 * that so many lanes allow (dendritic hierarchical scheduling, Zhang et al. 2023).
 *
 * @param place of each node in that order
 * @param node at each place
 * @param round first place of each round, and the end
 * @param links parent, first child, next sibling of each place; −1 for none, the root's parent is itself
 */
record SolveOrder(int[] place, int[] node, int[] round, int[][] links) {
  static SolveOrder of(int[] parent, int lanes) {
    int n = parent.length;
    int[] depth = new int[n];
    int[] open = new int[n];  // children that are not eliminated yet
    for (int i = 1; i < n; i++) {
      depth[i] = depth[parent[i]] + 1;
      open[parent[i]]++;
    }
    var ready = new PriorityQueue<Integer>((a, b) -> depth[a] != depth[b] ? depth[b] - depth[a] : a - b);
    for (int i = 0; i < n; i++) {
      if (open[i] == 0) {
        ready.add(i);
      }
    }
    List<int[]> rounds = new ArrayList<>();
    while (!ready.isEmpty()) {
      int[] taken = new int[Math.min(lanes, ready.size())];
      Arrays.setAll(taken, i -> ready.remove());
      Arrays.sort(taken);
      for (int i : taken) {
        if (i > 0 && --open[parent[i]] == 0) {
          ready.add(parent[i]);
        }
      }
      rounds.add(taken);
    }
    int[] node = new int[n];
    int[] place = new int[n];
    int[] round = new int[rounds.size() + 1];
    int at = 0;
    for (int r = 0; r < rounds.size(); r++) {
      round[r] = at;
      for (int i : rounds.get(rounds.size() - 1 - r)) {
        node[at] = i;
        place[i] = at++;
      }
    }
    round[rounds.size()] = n;
    int[][] links = new int[n][];
    Arrays.setAll(links, p -> new int[] {p == 0 ? 0 : place[parent[node[p]]], -1, -1});
    for (int i = n - 1; i > 0; i--) {  // so that siblings follow in the order of nodes
      int[] above = links[place[parent[i]]];
      links[place[i]][2] = above[1];
      above[1] = place[i];
    }
    return new SolveOrder(place, node, round, links);
  }

  int rounds() {
    return round.length - 1;
  }
}
