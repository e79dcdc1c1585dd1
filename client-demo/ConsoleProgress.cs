using Spectre.Console;

namespace Actors.ClientDemo;

/// <summary>Shows the progress of a task on the console.</summary>
internal static class ConsoleProgress
{
    public static Task ProgressAsync(this IAnsiConsole console, string title, long total, Func<ProgressTask, Task> work)
        => console.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(title, maxValue: Math.Max(1, total));
                await work(task);
                task.Value = task.MaxValue;
            });
}
