using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Actors.Explorer.Access;
using Microsoft.AspNetCore.Http;

namespace Actors.Explorer.Hosting;

/// <summary>The scripts and styles that a browser gets. They are in the assembly, and their addresses change with their contents.</summary>
internal static class ExplorerAssets
{
    public const string Folder = "assets";

    private static readonly Assembly Home = typeof(ExplorerAssets).Assembly;
    private static readonly FrozenDictionary<string, Asset> Assets = Load();

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    /// <summary>Changes with the contents of any of them.</summary>
    public static string Version { get; } = Convert.ToHexStringLower(SHA256.HashData([.. Assets.OrderBy(a => a.Key, StringComparer.Ordinal).SelectMany(a => a.Value.Hash)]))[..12];

    /// <summary>Returns the address of one of them, relative to the explorer's base.</summary>
    public static string PathOf(string name) => $"{Folder}/{Version}/{name}";

    public static IResult Get(string version, string name, HttpContext context)
    {
        if (version != Version || !Assets.TryGetValue(name, out Asset? asset))
            return ExplorerEndpoints.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        context.Response.Headers.Vary = "Accept-Encoding";
        bool zipped = context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal);
        if (zipped)
            context.Response.Headers.ContentEncoding = "br";
        return Results.Bytes(zipped ? asset.Zipped.Value : asset.Bytes, Types[Path.GetExtension(name)]);
    }

    private static FrozenDictionary<string, Asset> Load()
        => Home.GetManifestResourceNames().Where(n => Path.GetExtension(n) is ".css" or ".js" or ".svg").ToFrozenDictionary(n => n, n =>
        {
            using Stream stream = Home.GetManifestResourceStream(n)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return new Asset(bytes, SHA256.HashData(bytes), new Lazy<byte[]>(() => Zip(bytes)));
        });

    private static byte[] Zip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var brotli = new BrotliStream(zipped, CompressionLevel.Optimal))
            brotli.Write(bytes);
        return zipped.ToArray();
    }

    private sealed record Asset(byte[] Bytes, byte[] Hash, Lazy<byte[]> Zipped);
}
