/** Populations of neurons and what passes in and out of them: events, spikes, recordings, snapshots. */
package io.galvani;
