package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.purser.cluster.Wire;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.junit.jupiter.api.Test;

/// Holds the list of messages that travel between nodes: each is small by its kind or has its bound
/// tested at the edge of the frame. A message that is not listed here is red.
final class MessagesTest {
  /// `WireTest`, `DocumentsWireTest` and `VectorsWireTest` send the largest of these.
  private static final Set<String> TESTED =
      Set.of(
          "customers.Customer$Apply",
          "customers.Customer$Seen",
          "customers.Customer$Reply$Read",
          "customers.Customer$Reply$Applied",
          "documents.Apply",
          "documents.DocumentAsk$Find",
          "documents.DocumentAsk$Told$One",
          "documents.DocumentAsk$Told$Found",
          "partitions.Partition$Reply$Applied",
          "vectors.VectorChange$Apply",
          "vectors.TasteChange$Apply",
          "vectors.VectorAsk$Find",
          "vectors.VectorAsk$Told$One",
          "vectors.VectorAsk$Told$Found",
          "vectors.VectorAsk$Told$Counted",
          "vectors.VectorAsk$Told$Sealed",
          "vectors.VectorAsk$Told$Versions",
          "vectors.SpaceAsk$Told$Known");

  /// An id, a number, an error: some KiB at most.
  private static final Set<String> SMALL =
      Set.of(
          "customers.Customer$Read",
          "customers.Customer$Look",
          "customers.Customer$Stop",
          "customers.Customer$Reply$Refused",
          "documents.DocumentAsk$Get",
          "documents.DocumentAsk$Told$NotTold",
          "partitions.Partition$Wake",
          "partitions.Partition$Awake",
          "partitions.Partition$Stop",
          "partitions.Partition$Reply$Refused",
          "vectors.VectorAsk$Get",
          "vectors.VectorAsk$Sizes",
          "vectors.VectorAsk$Seal",
          "vectors.VectorAsk$Covered",
          "vectors.VectorAsk$Told$NotTold",
          "vectors.SpaceAsk$One",
          "vectors.SpaceAsk$All",
          "vectors.SpaceAsk$Told$NotTold",
          "vectors.SpaceChange$Apply"); // one change of one space

  @Test
  void messages_allOfThem_haveABound() {
    Set<String> messages =
        new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.purser")
                .stream()
                .filter(c -> c.isAssignableTo(Wire.class) && !c.isInterface())
                .filter(c -> !c.isAssignableTo(NoSerializationVerificationNeeded.class))
                .map(JavaClass::getName)
                .map(name -> name.substring("dev.purser.".length()))
                .collect(Collectors.toSet());
    assertThat(messages).hasSize(TESTED.size() + SMALL.size());
    assertThat(messages).containsAll(TESTED).containsAll(SMALL);
  }
}
