package ie

// Opt is a subfield that may be absent. The zero value is absent. It is comparable when T is.
type Opt[T comparable] struct {
	Value   T
	Present bool
}

// Some returns a present subfield.
func Some[T comparable](v T) Opt[T] { return Opt[T]{Value: v, Present: true} }

// Or returns the value, or def where the subfield is absent.
func (o Opt[T]) Or(def T) T {
	if o.Present {
		return o.Value
	}
	return def
}
