package handle

// LastGeneration puts every slot into its last generation.
func (t *Table[T]) LastGeneration() {
	for i := range t.slots {
		t.slots[i].generation = 1<<32 - 1
	}
}
