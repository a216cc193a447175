"""The stores of whose words are whose: choices, what is stored of a person, and forgetting."""
