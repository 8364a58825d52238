package bench

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Plan is what a run measures.
type Plan struct {
	Steps []Step
	rows  []Row // those that cannot be measured
}

// A Step is the benchmarks of one package.
type Step struct {
	Package string
	Pattern string // for go test's -bench
	defs    []*Def
}

// Rows returns how many rows the step measures.
func (s *Step) Rows() int { return len(s.defs) }

// Hosts reports whether the step measures programs of their own, in network namespaces.
func (s *Step) Hosts() bool { return s.Package == hostsPackage }

// NewPlan chooses the rows whose name or measure a pattern matches; all if it is empty. Without root those in
// network namespaces are missing.
func NewPlan(pattern string, root bool) (*Plan, error) {
	match, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	p := new(Plan)
	for i := range Defs {
		d := &Defs[i]
		switch {
		case !match.MatchString(d.ID) && !match.MatchString(d.Measure):
		case d.NeedsRoot() && !root:
			p.rows = append(p.rows, missingRow(d, "network namespaces need root"))
		default:
			p.add(d)
		}
	}
	if len(p.Steps) == 0 && len(p.rows) == 0 {
		return nil, fmt.Errorf("no row matches %q; there are %s", pattern, strings.Join(ids(), ", "))
	}
	return p, nil
}

// ids are the names of all rows.
func ids() (names []string) {
	for i := range Defs {
		names = append(names, Defs[i].ID)
	}
	return names
}

// add puts a row into the step of its package.
func (p *Plan) add(d *Def) {
	i := slices.IndexFunc(p.Steps, func(s Step) bool { return s.Package == d.Package })
	if i < 0 {
		i = len(p.Steps)
		p.Steps = append(p.Steps, Step{Package: d.Package})
	}
	s := &p.Steps[i]
	s.defs = append(s.defs, d)
	var parts []string
	for part := range strings.SplitSeq(d.Bench, "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	one := strings.Join(parts, "/")
	if patterns := strings.Split(s.Pattern, "|"); !slices.Contains(patterns, one) {
		s.Pattern = strings.TrimPrefix(s.Pattern+"|"+one, "|")
	}
}

// Finish returns the rows of the plan in the order of the table, of which the given ones were measured. Others
// are missing for a reason that was noted, or since their benchmark failed.
func (p *Plan) Finish(measured []Row, failed string) []Row {
	have := append(slices.Clone(measured), p.rows...)
	var rows []Row
	for i := range Defs {
		d := &Defs[i]
		if n := slices.IndexFunc(have, func(r Row) bool { return r.ID == d.ID }); n >= 0 {
			rows = append(rows, have[n])
		} else if p.has(d) {
			rows = append(rows, missingRow(d, failed))
		}
	}
	return rows
}

// has reports whether a row belongs to the plan.
func (p *Plan) has(d *Def) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return slices.Contains(s.defs, d) })
}
