package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"callmanager/lab/bench"
)

// The exit codes.
const (
	exitFailure = 1
	exitUsage   = 2
)

// errUsage marks errors of the command line.
var errUsage = errors.New("see --help")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, unix.SIGINT)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{Use: "suite", SilenceUsage: true, SilenceErrors: true}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", err, errUsage) })
	root.AddCommand(runCommand(stdout, stderr), compareCommand(stdout), readmeCommand())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(stderr, "bench:", err)
	if errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFailure
}

// exactly wants so many arguments.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%d arguments: usage: %s: %w", len(args), cmd.UseLine(), errUsage)
		}
		return nil
	}
}

// runCommand is the verb run.
func runCommand(stdout, stderr io.Writer) *cobra.Command {
	r := runner{out: stdout, show: stderr}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the suite and print its table",
		Args:  exactly(0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return r.run(cmd.Context()) },
	}
	cmd.Flags().StringVar(&r.match, "match", "", "only rows whose name or measure matches a `regexp`")
	cmd.Flags().StringVar(&r.file, "out", ".cache/bench/result.json", "`file` for the result")
	cmd.Flags().StringVar(&r.profiles, "profiles", "", "`directory` for CPU profiles; empty makes none")
	return cmd
}

// compareCommand is the verb compare.
func compareCommand(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "Compare two results row by row",
		Args:  exactly(2),
		RunE: func(_ *cobra.Command, args []string) error {
			before, err := bench.Load(args[0])
			if err != nil {
				return err
			}
			after, err := bench.Load(args[1])
			if err != nil {
				return err
			}
			_, err = io.WriteString(stdout, bench.Compare(before, after))
			return err
		},
	}
}

// readmeCommand is the verb readme.
func readmeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "readme RESULT FILE",
		Short: "Put the table of a result into a guide, between the lines that mark its place",
		Args:  exactly(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := bench.Load(args[0])
			if err != nil {
				return err
			}
			guide, err := os.ReadFile(args[1])
			if err != nil {
				return err
			}
			text, err := bench.PutTable(string(guide), r)
			if err != nil {
				return fmt.Errorf("%s: %w", args[1], err)
			}
			return os.WriteFile(args[1], []byte(text), 0o644) //nolint:gosec // a guide is for everybody
		},
	}
}
