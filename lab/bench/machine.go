package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Machine is where a result comes from.
type Machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Kernel string  `json:"kernel"`
	Go     string  `json:"go"`
	Load   float64 `json:"load"`
}

// ThisMachine describes the machine that the program runs on.
func ThisMachine() Machine {
	m := Machine{CPU: "unknown processor", Cores: runtime.NumCPU(), Kernel: "unknown", Go: runtime.Version()}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = cpuName(string(text))
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(text), " ")
		m.Load, _ = strconv.ParseFloat(first, 64)
	}
	return m
}

// cpuName finds the name of the processor in cpuinfo, which not every architecture tells.
func cpuName(cpuinfo string) string {
	for _, key := range []string{"model name", "Model", "cpu model", "uarch", "CPU part"} {
		for line := range strings.Lines(cpuinfo) {
			name, value, ok := strings.Cut(line, ":")
			if value = strings.TrimSpace(value); ok && strings.TrimSpace(name) == key && value != "" {
				return value
			}
		}
	}
	return runtime.GOARCH
}

// String is the machine for people.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, Linux %s, %s, load %.1f before", m.CPU, m.Cores, m.Kernel, m.Go, m.Load)
}

// Revision returns the commit of the working directory, with "+changes" if files differ from it, or
// "unknown" outside a repository.
func Revision(ctx context.Context) string {
	rev, err := exec.CommandContext(ctx, "git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(rev))
	if changes, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--untracked-files=no").Output(); err != nil || len(changes) > 0 {
		name += "+changes"
	}
	return name
}
