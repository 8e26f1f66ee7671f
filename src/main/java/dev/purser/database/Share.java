package dev.purser.database;

/// What one owner holds of a collection: the records of a range of slices. Saves of one share never
/// overtake each other, and what is asked about it is answered after them.
///
/// @param firstSlice 0 to 255
/// @param lastSlice not below the first, itself included
public record Share(String collection, int firstSlice, int lastSlice) {
  /// How many slices a collection has. Rows carry theirs: this cannot be changed.
  public static final int SLICES = 256;

  public Share {
    if (firstSlice < 0 || lastSlice < firstSlice || lastSlice >= SLICES) {
      throw new IllegalArgumentException("no slices: " + firstSlice + " to " + lastSlice);
    }
  }

  /// As it is written into log lines.
  @Override
  public String toString() {
    return "slices " + firstSlice + " to " + lastSlice + " of '" + collection + "'";
  }
}
