using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans.GrainLogs;

/// <summary>Makes the log of a <c>[GrainLog]</c> parameter. Types are inspected once per grain class, not per activation.</summary>
internal sealed class GrainLogAttributeMapper : IAttributeToFactoryMapper<GrainLogAttribute>
{
    private static readonly MethodInfo CreateMethod = typeof(GrainLogFactory).GetMethod(nameof(GrainLogFactory.Create))!;

    public Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, GrainLogAttribute metadata)
    {
        (Type state, Type change) = ArgumentsOf(parameter)
            ?? throw new ArgumentException($"Parameter '{parameter.Name}' of {parameter.Member.DeclaringType} has [GrainLog] and type {parameter.ParameterType}; it must be IGrainLog<TState, TEvent>.");
        MethodInfo method = CreateMethod.MakeGenericMethod(state, change);
        Func<GrainLogFactory, IGrainContext, GrainLogAttribute, object> create =
            method.CreateDelegate<Func<GrainLogFactory, IGrainContext, GrainLogAttribute, object>>();
        return context => create(context.ActivationServices.GetRequiredService<GrainLogFactory>(), context, metadata);
    }

    /// <summary>The state and event types of an <see cref="IGrainLog{TState, TEvent}"/> parameter; null when it is none.</summary>
    public static (Type State, Type Event)? ArgumentsOf(ParameterInfo parameter)
        => parameter.ParameterType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(IGrainLog<,>)
            ? (type.GenericTypeArguments[0], type.GenericTypeArguments[1])
            : null;
}
