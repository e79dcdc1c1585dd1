namespace Actors.Explorer.Sources;

/// <summary>A value that is made anew once it is older than an age. Callers at the same time share one making.</summary>
internal sealed class Aged<T>(TimeSpan age, TimeProvider time)
{
    private readonly Lock _gate = new();
    private Task<T>? _value;
    private long _madeAt;

    public Task<T> GetAsync(Func<Task<T>> make)
    {
        lock (_gate)
        {
            if (_value is null || _value.IsFaulted || _value.IsCanceled || (_value.IsCompleted && time.GetElapsedTime(_madeAt) >= age))
            {
                _value = make();
                _madeAt = time.GetTimestamp();
            }

            return _value;
        }
    }
}
