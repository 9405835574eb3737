package io.galvani.surrogate;

import io.galvani.Slot;

/**
 * A synapse of the cell, and the channel that its events enter. Several slots may enter one channel; their weights add.
 *
 * @param slot as the cell has it
 * @param channel index of the channel
 */
public record SlotInput(Slot slot, int channel) {}
