package lookup

// Leaves returns how many second-level arrays there are.
func (t *Channels[T]) Leaves() (n int) {
	for i := range t.root {
		if t.root[i].Load() != nil {
			n++
		}
	}
	return n
}
