package config

import (
	"fmt"

	"github.com/pelletier/go-toml/v2/unstable"

	"callmanager/vc"
)

// hostExample is shown where an address is expected.
const hostExample = `"49.000000000000000000000000.020000000002.00"`

// hosts reads the table of names, whose keys are the user's own.
func (r *reader) hosts(c *Config, e *entry) {
	t := r.tableOf(e, hostsSection)
	if t == nil {
		return
	}
	for _, e := range t.entries {
		r.host(c, e)
	}
}

func (r *reader) host(c *Config, e *entry) {
	key := "hosts." + bare(e.name)
	switch {
	case e.val.table != nil && !e.val.table.closed:
		r.fail(e.at, key, "expected a string, found a table; a name with a dot stands in quotes: \"name.with.dots\" = "+hostExample)
		return
	case e.val.kind != unstable.String:
		r.fail(e.val.at, key, fmt.Sprintf("expected a string, found %s; write an address in quotes, such as %s", describe(e.val), hostExample))
		return
	}
	if _, err := parseName(e.name, "host"); err != nil {
		r.fail(e.at, key, err.Error())
	} else if _, err := vc.ParseAddr(e.name); err == nil {
		r.fail(e.at, key, fmt.Sprintf("%s is an address itself, so no call could mean the name; choose another", quote(e.name)))
	}
	a, err := parseAddress(e.val.text)
	if err != nil {
		r.fail(e.val.at, key, err.Error())
		return
	}
	c.Hosts[e.name] = a
}
