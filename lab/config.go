package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"callmanager/config"
)

// Root is the directory that holds the directories of labs.
const Root = "/run/cmd-lab"

// DefaultName is the name of a lab that has been given none.
const DefaultName = "lab"

// The bounds of a lab. A veth's name takes fifteen octets, of which the lab's and the
// host's names share what its pattern leaves.
const (
	maxHosts = 64
	maxName  = 24
)

// Config says what to make. The zero value is a lab named "lab" of alice and bob with the
// cmd-daemon beside the running program.
type Config struct {
	// Name distinguishes labs that exist at one time.
	Name string
	// Hosts are the names of the hosts, two at least.
	Hosts []string
	// Daemon is the path of the cmd-daemon binary; empty means the one beside the
	// running program, or else in PATH.
	Daemon string
	// DaemonArgs are further arguments for the daemon of a host.
	DaemonArgs map[string][]string
	// Role is the role of a host's links; empty means auto.
	Role map[string]config.Role
	// Profile is the edition of the UNI on every link; zero means the default.
	Profile config.Profile
	// Capacity is the capacity of every link, such as "1Gbit/s"; empty means the
	// NIC's speed.
	Capacity string
	// Transmit is how data leaves the NICs; zero means the default.
	Transmit config.Transmit
	// Receive is how data comes from the NICs; zero means the default. For what is not AF_PACKET the NICs leave VLAN
	// tags in the frames.
	Receive config.Receive
	// ATMTCP joins the hosts by links over atmtcp in place of their NICs, which have IP addresses
	// then. Of two hosts the first listens and is the network side.
	ATMTCP bool
	// MTU of the NICs in octets; 0 means 1500.
	MTU int
	// Owned makes the lab end with this process: a lab that is made later
	// sweeps it away if this process has not done so.
	Owned bool
}

// errName says what a name may look like.
var errName = errors.New("want 1 to 24 letters, digits or hyphens, beginning with a letter")

// withDefaults checks the configuration and fills in what is not set.
func (c Config) withDefaults() (Config, error) {
	if c.Name == "" {
		c.Name = DefaultName
	}
	if len(c.Hosts) == 0 {
		c.Hosts = []string{"alice", "bob"}
	}
	if len(c.Hosts) < 2 || len(c.Hosts) > maxHosts {
		return c, fmt.Errorf("lab: %d hosts, want 2 to %d", len(c.Hosts), maxHosts)
	}
	if !validName(c.Name) {
		return c, fmt.Errorf("lab: name %q: %w", c.Name, errName)
	}
	seen := make(map[string]bool)
	for _, h := range c.Hosts {
		if !validName(h) {
			return c, fmt.Errorf("lab: host %q: %w", h, errName)
		}
		if seen[h] || h == bridgeHost {
			return c, fmt.Errorf("lab: host %q: the name is taken", h)
		}
		seen[h] = true
	}
	if c.MTU == 0 {
		c.MTU = 1500
	}
	if c.Daemon == "" {
		path, err := findDaemon()
		if err != nil {
			return c, err
		}
		c.Daemon = path
	}
	return c, nil
}

// validName reports whether a name fits namespaces, files and configurations.
func validName(s string) bool {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	for i, r := range s {
		if !letter(r) && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// findDaemon looks for cmd-daemon beside the running program and in PATH.
func findDaemon() (string, error) {
	const name = "cmd-daemon"
	var tried []string
	if self, err := os.Executable(); err == nil {
		tried = append(tried, filepath.Dir(self))
	}
	tried = append(tried, filepath.SplitList(os.Getenv("PATH"))...)
	for _, dir := range tried {
		path := filepath.Join(dir, name)
		if st, err := os.Stat(path); err == nil && !st.IsDir() && st.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("lab: no %s beside this program nor in PATH (looked in %s)", name, strings.Join(tried, ", "))
}
