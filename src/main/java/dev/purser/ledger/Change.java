package dev.purser.ledger;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/// Something a caller wants to happen to one customer. The transaction decides what becomes of it
/// ([Outcome]).
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Purchase.class, name = "purchase"),
  @JsonSubTypes.Type(value = Refund.class, name = "refund"),
  @JsonSubTypes.Type(value = Preferences.class, name = "preferences"),
  @JsonSubTypes.Type(value = Settle.class, name = "settle"),
  @JsonSubTypes.Type(value = Erase.class, name = "erase"),
})
public sealed interface Change permits Purchase, Refund, Preferences, Settle, Erase {}
