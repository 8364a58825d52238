package status

import "fmt"

// Hidden tells of rows without a direction, and of those that others come before.
func Hidden() (texts []string) {
	causes, statuses := make(map[any]bool), make(map[any]bool)
	for _, r := range table {
		if r.way < both || r.way > fromStatus {
			texts = append(texts, fmt.Sprintf("cause %d, %s: no direction", r.cause, r.status))
		}
		if r.way != fromStatus {
			if causes[r.cause] {
				texts = append(texts, fmt.Sprintf("cause %d has two statuses", r.cause))
			}
			causes[r.cause] = true
		}
		if r.way != fromCause {
			if statuses[r.status] {
				texts = append(texts, fmt.Sprintf("%s has two causes", r.status))
			}
			statuses[r.status] = true
		}
	}
	return texts
}
