package page

import (
	"cmp"
	"slices"
)

// Of returns the first limit keys of table above after, in order, and whether there are more. It looks at each key
// and sorts few: whenever twice the limit have come, the larger half is dropped.
func Of[K cmp.Ordered, V any](table map[K]V, after K, limit int) (keys []K, more bool) {
	for k := range table {
		if k <= after || more && k > keys[limit-1] {
			continue
		}
		if keys = append(keys, k); len(keys) >= 2*limit+2 {
			slices.Sort(keys)
			keys, more = keys[:limit], true
		}
	}
	slices.Sort(keys)
	if len(keys) > limit {
		return keys[:limit], true
	}
	return keys, more
}
