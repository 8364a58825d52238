package simnet

import "callmanager/lab/simnet/subset"

// Shrink looks for a run with fewer actions that breaks the same rule, by
// leaving out ever smaller parts of them. It makes at most budget runs. The
// result is a configuration without a record.
func Shrink(cfg Config, broken *Violation, budget int) Config {
	fails := func(kept []int) bool {
		r := Run(Config{Seed: cfg.Seed, Skip: allBut(kept)})
		return r.Violation != nil && r.Violation.Rule == broken.Rule
	}
	kept := subset.Minimize(broken.Actions, budget, fails)
	if len(kept) == broken.Actions {
		return Config{Seed: cfg.Seed}
	}
	return Config{Seed: cfg.Seed, Skip: allBut(kept)}
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
