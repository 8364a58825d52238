package subset

// Minimize returns as few of the numbers below n as it finds that still fail,
// with at most budget attempts.
func Minimize(n, budget int, fails func(kept []int) bool) []int {
	kept := make([]int, n)
	for i := range kept {
		kept[i] = i
	}
	for part := n; part > 0 && budget > 0; {
		shrunk := false
		for from := 0; from < len(kept) && budget > 0; budget-- {
			to := min(from+part, len(kept))
			left := append(append([]int(nil), kept[:from]...), kept[to:]...)
			if fails(left) {
				kept, shrunk = left, true
			} else {
				from = to
			}
		}
		if !shrunk {
			part /= 2
		}
		part = min(part, len(kept))
	}
	return kept
}
