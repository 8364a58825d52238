package simnet

// Shrink looks for a run with fewer actions that breaks the same rule, by
// leaving out ever smaller parts of them. It makes at most budget runs. The
// result is a configuration without a record.
func Shrink(cfg Config, broken *Violation, budget int) Config {
	fails := func(kept []int) bool {
		r := Run(Config{Seed: cfg.Seed, Skip: allBut(kept)})
		return r.Violation != nil && r.Violation.Rule == broken.Rule
	}
	kept := minimize(broken.Actions, budget, fails)
	if len(kept) == broken.Actions {
		return Config{Seed: cfg.Seed}
	}
	return Config{Seed: cfg.Seed, Skip: allBut(kept)}
}

// minimize returns as few of the numbers below n as it finds that still fail,
// with at most budget attempts.
func minimize(n, budget int, fails func(kept []int) bool) []int {
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

// maxActions is more than a run has.
const maxActions = 1024

// allBut returns the actions to be left out when these are kept.
func allBut(kept []int) map[int]bool {
	skip := make(map[int]bool, maxActions)
	for i := range maxActions {
		skip[i] = true
	}
	for _, i := range kept {
		delete(skip, i)
	}
	return skip
}
