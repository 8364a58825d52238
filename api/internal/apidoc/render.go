package main

import (
	_ "embed" // the template
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"callmanager/api"
	"callmanager/api/cmdpb"
	"callmanager/signalling/cm"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/quota"
	"callmanager/signalling/status"
)

//go:embed readme.tmpl
var readme string

// page is what the template is filled with.
type page struct {
	*schema
	Major, Minor int
	Versions     []version
	Limits       []limit
	Rules        []rule
	StatusRows   []statusRow
}

// version is a minor version with what it brought.
type version struct {
	Minor int
	Marks []string
}

// limit is one bound.
type limit struct{ What, Most, Then string }

// rule is an invariant with the names of what it binds.
type rule struct {
	Number     int
	Text, Void string
	Bound      []string
}

// statusRow is a status with its causes.
type statusRow struct {
	value
	From []string // causes of the network that lead to it
	To   string   // the cause by which an offer is refused with it
}

// render fills the template.
func render(s *schema) (string, error) {
	rules, err := rulesOf(s)
	if err != nil {
		return "", err
	}
	p := page{
		schema: s, Major: cm.MajorVersion, Minor: cm.MinorVersion, Versions: versionsOf(s), Limits: limits(), Rules: rules,
		StatusRows: statusRows(s.Statuses),
	}
	t, err := template.New("readme").Funcs(template.FuncMap{
		"line": line, "cell": cell, "join": strings.Join, "links": links, "anchor": strings.ToLower, "since": since,
	}).Parse(readme)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	return b.String(), nil
}

// rulesOf finds what binds each invariant; one that binds nothing has to say why.
func rulesOf(s *schema) ([]rule, error) {
	bound := make(map[int][]string)
	for _, o := range s.Operations {
		for _, n := range o.Binds {
			bound[n] = append(bound[n], o.Name)
		}
	}
	for _, i := range s.Indications {
		for _, n := range i.Binds {
			bound[n] = append(bound[n], i.Name)
		}
	}
	var rules []rule
	var errs []error
	for i, inv := range invariants {
		n := i + 1
		if (inv.void == "") != (len(bound[n]) > 0) || (inv.void == "") == (inv.text == "") {
			errs = append(errs, fmt.Errorf("INV-%d binds %q and has no meaning because of %q: want one of both", n, bound[n], inv.void))
		}
		rules = append(rules, rule{Number: n, Text: inv.text, Void: inv.void, Bound: bound[n]})
	}
	return rules, errors.Join(errs...)
}

// versionsOf lists what each minor version brought.
func versionsOf(s *schema) (list []version) {
	for minor, marks := range s.Marks {
		list = append(list, version{Minor: minor, Marks: marks})
	}
	slices.SortFunc(list, func(a, b version) int { return a.Minor - b.Minor })
	return list
}

// statusRows finds the causes of each status.
func statusRows(statuses []value) (rows []statusRow) {
	from := make(map[status.Status][]string)
	for c := ie.CauseValue(1); c <= ie.CauseInterworking; c++ {
		if s := status.Of(c); s != status.Failure || c == ie.CauseTemporaryFailure {
			from[s] = append(from[s], causeText(c))
		}
	}
	from[status.Failure] = append(from[status.Failure], "all others")
	for _, v := range statuses {
		s := status.Status(v.Number)
		row := statusRow{value: v, From: from[s]}
		if s != status.Success && s != status.Pending {
			row.To = causeText(status.CauseOf(s))
		}
		rows = append(rows, row)
	}
	return rows
}

// causeText names a cause.
func causeText(c ie.CauseValue) string { return fmt.Sprintf("%d %s", c, c) }

// limits are the bounds that the daemon keeps unless its configuration says otherwise.
func limits() []limit {
	count := func(n int) string { return fmt.Sprint(n) }
	held := func(what string, k quota.Kind, then string) limit {
		return limit{what, fmt.Sprintf("%d (`%s`)", k.Default(), k), then}
	}
	return []limit{
		{"octets of a datagram, either way", count(cmdpb.MaxMessage), "the daemon says Goodbye"},
		held("clients at a time", quota.Clients, "Goodbye to the next one, unless root or of group cmd-admin"),
		held("clients of a user", quota.UserClients, "Goodbye to the next one, unless root or of group cmd-admin"),
		held("VCs of a client", quota.VCs, "RESOURCES"),
		held("VCs of a user's clients", quota.UserVCs, "RESOURCES"),
		held("SAPs of a client", quota.SAPs, "RESOURCES"),
		held("parties of a client's calls", quota.Parties, "RESOURCES"),
		held("calls of a client under way", quota.Calls, "RESOURCES"),
		held("calls of the daemon under way", quota.Backlog, "RESOURCES with cause "+causeText(ie.CauseCongestion)),
		held("octets of rings that are charged to a client", quota.Rings, "RESOURCES; sizes that are not asked for shrink from half of it on"),
		{"messages that wait for a client that does not read", count(api.MaxQueued), "Goodbye"},
		{"octets of them", count(api.MaxQueuedOctets), "Goodbye"},
		{"unread messages with descriptors", count(api.MaxUnread), "what is behind them waits"},
		{"time of a client to read the Goodbye", api.GoodbyeTimeout.String(), "the connection is cut"},
	}
}

// line makes one line of a comment.
func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// namePattern is a name in front of a comment that stands beside it in a table anyway.
var namePattern = regexp.MustCompile(`^\w+( \(1\.\d+\))?: `)

// cell makes a comment fit for a table.
func cell(s string) string {
	return strings.ReplaceAll(namePattern.ReplaceAllString(line(s), ""), "|", `\|`)
}

// links names operations and indications, with links to their sections.
func links(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fmt.Sprintf("[%s](#%s)", n, strings.ToLower(n))
	}
	return strings.Join(out, ", ")
}

// since formats a minor version that something has come with.
func since(minor int) string { return fmt.Sprintf("%d.%d", cm.MajorVersion, minor) }
