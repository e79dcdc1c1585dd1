using System.Reflection;
using Actors.Wal;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>A stream whose appends are complete when the call returns.</summary>
public class AppendAtOnce : DispatchProxy
{
    private ILogStream _inner = null!;

    public static ILogStream Wrap(ILogStream inner)
    {
        ILogStream wrapped = Create<ILogStream, AppendAtOnce>();
        ((AppendAtOnce)(object)wrapped)._inner = inner;
        return wrapped;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        object? result = targetMethod!.Invoke(_inner, args);
        return result is ValueTask<AppendResult> append ? new ValueTask<AppendResult>(append.AsTask().GetAwaiter().GetResult()) : result;
    }
}
