package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/lab"
	"callmanager/lab/bench"
)

// A runner runs the suite.
type runner struct {
	out, show             io.Writer // the table, and the progress
	match, file, profiles string

	log     *os.File // what the benchmarks print
	scratch string   // directory of built benchmarks
	began   time.Time
}

// run runs what is asked for, and saves and prints the result. It fails if a benchmark has failed, which does not
// keep the others from running.
func (r *runner) run(ctx context.Context) (err error) {
	plan, err := bench.NewPlan(r.match, os.Geteuid() == 0)
	if err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	if err := r.prepare(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.tidy()) }()
	result := &bench.Result{
		Schema: bench.Schema, When: r.began, Machine: bench.ThisMachine(), Commit: bench.Revision(ctx),
		Pairs: bench.Pairs(), Turn: bench.Turn().Seconds(),
	}
	r.say("%s; commit %s", result.Machine, result.Commit)
	var rows []bench.Row
	var failures []error
	for i := range plan.Steps {
		got, err := r.step(ctx, &plan.Steps[i])
		rows = append(rows, got...)
		if ctx.Err() != nil {
			return errors.New("interrupted: there is no result")
		}
		if err != nil {
			r.say("FAIL %s: %v", plan.Steps[i].Package, err)
			failures = append(failures, fmt.Errorf("%s: %w; see %s", plan.Steps[i].Package, err, r.log.Name()))
		}
	}
	result.Rows = plan.Finish(rows, "its benchmark failed")
	result.Took = time.Since(r.began).Round(time.Second).Seconds()
	return errors.Join(append(failures, r.save(result))...)
}

// prepare makes the directories and the log.
func (r *runner) prepare() (err error) {
	r.began = time.Now()
	for _, dir := range []string{filepath.Dir(r.file), r.profiles} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // anybody may read results
			return err
		}
	}
	if r.scratch, err = os.MkdirTemp("", "cmd-bench-"); err != nil {
		return err
	}
	r.log, err = os.Create(r.beside(".log"))
	return err
}

// tidy removes what the run has made besides its results, and the remains of hosts.
func (r *runner) tidy() error {
	err := errors.Join(r.log.Close(), os.RemoveAll(r.scratch))
	if os.Geteuid() == 0 {
		err = errors.Join(err, lab.Sweep())
	}
	return err
}

// beside is the name of the result's file with another ending.
func (r *runner) beside(ending string) string {
	return strings.TrimSuffix(r.file, filepath.Ext(r.file)) + ending
}

// say writes a line of progress with the time since the start.
func (r *runner) say(format string, args ...any) {
	s := int(time.Since(r.began).Seconds())
	_, _ = fmt.Fprintf(r.show, "[%d:%02d] %s\n", s/60, s%60, fmt.Sprintf(format, args...))
}

// step builds the benchmarks of a package, runs them and returns their rows.
func (r *runner) step(ctx context.Context, s *bench.Step) ([]bench.Row, error) {
	r.say("%s: building the benchmarks of %d rows", s.Package, s.Rows())
	binary := filepath.Join(r.scratch, filepath.Base(s.Package)+".test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, s.Package)
	build.Stdout, build.Stderr = r.log, r.log
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("go test -c: %w", err)
	}
	events, err := r.openEvents()
	if err != nil {
		return nil, err
	}
	defer func() { _ = events.Close() }()
	heard := make(chan error, 1)
	l := bench.NewListener(s, r.show)
	r.say("%s: measuring", s.Package)
	go func() { heard <- l.Listen(events) }() // From here on the progress is the listener's.
	err = r.command(ctx, s, binary, events.Name()).Run()
	err = errors.Join(err, bench.End(events), <-heard)
	return l.Rows(), err
}

// openEvents makes the pipe that the benchmarks write to. As it is open for writing here too, it has no end.
func (r *runner) openEvents() (*os.File, error) {
	name := filepath.Join(r.scratch, "events")
	if err := unix.Mkfifo(name, 0o600); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, os.NewSyscallError("mkfifo", err)
	}
	return os.OpenFile(name, os.O_RDWR, 0)
}

// command runs the benchmarks of a step.
func (r *runner) command(ctx context.Context, s *bench.Step, binary, events string) *exec.Cmd {
	args := []string{"-test.run", "^$", "-test.bench", s.Pattern, "-test.benchtime", "1x", "-test.count", "1", "-test.timeout", "15m"}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Package, r.log, r.log
	cmd.Env = append(os.Environ(), bench.RowsEnv+"="+events)
	if r.profiles != "" {
		dir, err := filepath.Abs(r.profiles)
		if err != nil {
			dir = r.profiles
		}
		cmd.Env = append(cmd.Env, bench.ProfilesEnv+"="+dir)
		if !s.Hosts() {
			args = append(args, "-test.cpuprofile", filepath.Join(dir, filepath.Base(s.Package)+".prof"))
		}
	}
	cmd.Args = append(cmd.Args, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// save writes the result and its table, and prints it.
func (r *runner) save(result *bench.Result) error {
	table := result.Markdown()
	_, err := fmt.Fprintf(r.out, "\n%s\n", table)
	err = errors.Join(err, result.Save(r.file), os.WriteFile(r.beside(".md"), []byte(table), 0o644)) //nolint:gosec // anybody may read results
	r.say("%s: the result; %s: the table; %s: the log", r.file, r.beside(".md"), r.beside(".log"))
	if r.profiles != "" {
		r.say("%s: CPU profiles, for go tool pprof", r.profiles)
	}
	return err
}
