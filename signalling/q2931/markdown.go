package q2931

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"callmanager/signalling/fsm"
)

// Markdown prints the tables of this package, the text of STATES.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Call control: the state tables\n\n" +
		"Printed from the tables in user.go, network.go, modification.go, partytable.go, restart.go and timer.go; a test fails when this file is stale.\n" +
		"In a cell: what is done, then the next state if it is another one. `-` is discarded, `x` cannot happen.\n")
	for _, side := range []Side{User, Network} {
		callTable(&b, side)
		callCells(&b, side)
		callTimers(&b, side)
	}
	parties(&b)
	restarts(&b)
	return b.String()
}

// statesOf returns the states of one side in the order of the columns.
func statesOf(side Side) []State {
	var states []State
	for _, s := range table.States() {
		if s.Side() == side {
			states = append(states, s)
		}
	}
	return states
}

func callTable(b *strings.Builder, side Side) {
	fmt.Fprintf(b, "\n## Calls, %s side\n\n| event |", side)
	states := statesOf(side)
	for _, s := range states {
		fmt.Fprintf(b, " %v |", s)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(states)) + "\n")
	for _, ev := range table.Events() {
		fmt.Fprintf(b, "| %v |", ev)
		for _, s := range states {
			fmt.Fprintf(b, " %s |", brief(table.At(s, ev), s))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, s := range states {
		fmt.Fprintf(b, "- %v: %s\n", s, s.Name())
	}
}

// brief puts one cell into few words.
func brief[S ~uint8, A any](c *fsm.Cell[S, A], own S) string {
	switch c.Kind {
	case fsm.Ignore:
		return "-"
	case fsm.Impossible:
		return "x"
	case fsm.Protest:
		return c.Text
	case fsm.Handle:
	}
	var next []string
	for _, n := range c.Next {
		if n != own {
			next = append(next, fmt.Sprint(any(n)))
		}
	}
	if len(next) == 0 {
		return c.Text
	}
	return c.Text + " -> " + strings.Join(next, ", ")
}

// callCells lists the clauses, one line for each event and clause.
func callCells(b *strings.Builder, side Side) {
	fmt.Fprintf(b, "\n| event | clause | states (%s side) |\n|---|---|---|\n", side)
	for _, ev := range table.Events() {
		var clauses []string
		where := make(map[string][]string)
		for _, s := range statesOf(side) {
			c := table.At(s, ev)
			if c.Clause == "" {
				continue
			}
			if !slices.Contains(clauses, c.Clause) {
				clauses = append(clauses, c.Clause)
			}
			where[c.Clause] = append(where[c.Clause], strconv.Itoa(int(s.Number())))
		}
		for _, cl := range clauses {
			fmt.Fprintf(b, "| %v | %s | %s |\n", ev, cl, strings.Join(where[cl], " "))
		}
	}
}

func callTimers(b *strings.Builder, side Side) {
	fmt.Fprintf(b, "\n| state (%s side) | timers that may run |\n|---|---|\n", side)
	for _, s := range statesOf(side) {
		var names []string
		for _, t := range timersOf[s] {
			names = append(names, t.String())
		}
		fmt.Fprintf(b, "| %v | %s |\n", s, strings.Join(names, ", "))
	}
}

// parties prints the table of a party, its clauses and its timers.
func parties(b *strings.Builder) {
	b.WriteString("\n## Parties, both sides\n\n| event |")
	for _, s := range partyTable.States() {
		fmt.Fprintf(b, " %v |", s)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", numPartyStates) + "\n")
	for _, ev := range partyTable.Events() {
		fmt.Fprintf(b, "| %v |", ev)
		for _, s := range partyTable.States() {
			fmt.Fprintf(b, " %s |", brief(partyTable.At(s, ev), s))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, s := range partyTable.States() {
		fmt.Fprintf(b, "- %v: %s\n", s, s.Name())
	}
	b.WriteString("\n| event | clause | states |\n|---|---|---|\n")
	for _, ev := range partyTable.Events() {
		partyClauses(b, ev)
	}
	b.WriteString("\n| state | timers that may run |\n|---|---|\n")
	for _, s := range partyTable.States() {
		var names []string
		for _, t := range partyTimersOf[s] {
			names = append(names, t.String())
		}
		fmt.Fprintf(b, "| %v | %s |\n", s, strings.Join(names, ", "))
	}
}

// partyClauses prints one line for each clause of an event.
func partyClauses(b *strings.Builder, ev PartyEvent) {
	var clauses []string
	where := make(map[string][]string)
	for _, s := range partyTable.States() {
		c := partyTable.At(s, ev)
		if c.Clause == "" {
			continue
		}
		if !slices.Contains(clauses, c.Clause) {
			clauses = append(clauses, c.Clause)
		}
		where[c.Clause] = append(where[c.Clause], s.String())
	}
	for _, cl := range clauses {
		fmt.Fprintf(b, "| %v | %s | %s |\n", ev, cl, strings.Join(where[cl], " "))
	}
}

func restarts(b *strings.Builder) {
	b.WriteString("\n## Restart\n\n| event |")
	for _, s := range restartTable.States() {
		fmt.Fprintf(b, " %v |", s)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", numRestartStates) + "\n")
	for _, ev := range restartTable.Events() {
		fmt.Fprintf(b, "| %v |", ev)
		for _, s := range restartTable.States() {
			fmt.Fprintf(b, " %s |", brief(restartTable.At(s, ev), s))
		}
		b.WriteString("\n")
	}
}
